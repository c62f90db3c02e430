import { z } from 'zod'

const metadata = z.object({
  issuer: z.string(),
  jwks_uri: z.url(),
  authorization_endpoint: z.url().optional(),
  token_endpoint: z.url().optional(),
})

export type Metadata = z.infer<typeof metadata>

/**
 * Where the endpoints of an OpenID provider are, as its discovery document says. Rejects when it cannot be had, and when it
 * is that of another issuer (OpenID Connect Discovery 4.3): whoever answers there would tell us whose keys to believe.
 */
export const discover = async (issuer: string, patienceMs: number): Promise<Metadata> => {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(patienceMs),
  })
  const found = metadata.parse(await answer.json())
  if (found.issuer !== issuer) throw new Error(`the discovery document of ${issuer} is that of ${found.issuer}`)
  return found
}
