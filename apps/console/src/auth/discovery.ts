import { z } from 'zod'

/** Milliseconds. */
export const ASK_MS = 3_000

const metadata = z.object({
  jwks_uri: z.url(),
  authorization_endpoint: z.url().optional(),
  token_endpoint: z.url().optional(),
})

/** Where the endpoints of an OpenID provider are, as its discovery document says. Rejects when it cannot be had. */
export const discover = async (issuer: string): Promise<z.infer<typeof metadata>> => {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(ASK_MS),
  })
  return metadata.parse(await answer.json())
}
