import { z } from 'zod'
import { developmentUsers } from './users.ts'

/** What the endpoints of the development issuer are asked, as RFC 6749 and RFC 7636 have it. */

const user = z.enum(developmentUsers.map(({ name }) => name))
const clientId = z.string().regex(/^[\w.:-]{1,64}$/, 'a name of a client')

/** Whoever gets one of these wrong is not sent anywhere: nobody knows whose address it is. */
export const authorizeTarget = z.object({ client_id: clientId, redirect_uri: z.string() })

export const authorizeRequest = z.object({
  response_type: z.literal('code', { error: 'code is what there is' }),
  code_challenge_method: z.literal('S256', { error: 'S256 is required' }),
  code_challenge: z.string().regex(/^[\w-]{43}$/, 'the base64url SHA-256 of the verifier'),
  state: z.string().min(1).max(512),
  /** Whom the visitor has chosen on the page. */
  user: user.optional(),
})

const GRANTS = 'authorization_code and client_credentials are what there is'

export const tokenRequest = z.discriminatedUnion(
  'grant_type',
  [
    z.object({ grant_type: z.literal('client_credentials'), client_id: user }),
    z.object({
      grant_type: z.literal('authorization_code'),
      client_id: clientId,
      code: z.string().min(1).max(128),
      redirect_uri: z.string().min(1),
      code_verifier: z.string().regex(/^[\w.~-]{43,128}$/, '43 to 128 characters of A-Z a-z 0-9 - . _ ~'),
    }),
  ],
  { error: GRANTS },
)

/** The error code of RFC 6749 for what is wrong first. */
export const tokenError = ({ issues: [issue] }: z.ZodError): { error: string; error_description: string } => {
  const at = String(issue?.path[0] ?? '')
  const error =
    at === 'client_id'
      ? 'invalid_client'
      : at === 'grant_type' || at === ''
        ? 'unsupported_grant_type'
        : 'invalid_request'
  return { error, error_description: `${at}: ${issue?.message}` }
}
