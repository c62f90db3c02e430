import { z } from 'zod'

const metadata = z.object({
  jwks_uri: z.url(),
  authorization_endpoint: z.url().optional(),
  token_endpoint: z.url().optional(),
})

export type Metadata = z.infer<typeof metadata>

/** Where the endpoints of an OpenID provider are, as its discovery document says. Rejects when it cannot be had. */
export const discover = async (issuer: string, patienceMs: number): Promise<Metadata> => {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(patienceMs),
  })
  return metadata.parse(await answer.json())
}
