import { Body, Controller, Get, Header, HttpCode, Inject, Post, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Problem } from '#libs/http'
import { AuthorizationCodes } from './authorization-codes.ts'
import { AUTHORIZE_POLICY, authorizePage } from './authorize-page.ts'
import { ISSUER, type IssuerSettings } from './issuer-settings.ts'
import { authorizeRequest, authorizeTarget, tokenError, tokenRequest } from './requests.ts'
import { SigningKeys } from './signing-keys.ts'
import { developmentUsers } from './users.ts'

const LIFE_S = 3_600

/** An OpenID provider to develop with: whoever names one of its users, or chooses one, is given a token for them. */
@Controller('issuer')
export class IssuerController {
  readonly #codes = new AuthorizationCodes()

  constructor(
    @Inject(ISSUER) private readonly settings: IssuerSettings,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
  ) {}

  @Get('.well-known/openid-configuration')
  configuration() {
    const { issuer } = this.settings
    return {
      ...{ issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` },
      authorization_endpoint: `${issuer}/authorize`,
      authorization_response_iss_parameter_supported: true,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      subject_types_supported: ['public'],
      grant_types_supported: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'none'],
      id_token_signing_alg_values_supported: ['ES256'],
      claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'roles', 'customer_id'],
    }
  }

  @Get('jwks')
  jwks() {
    return this.keys.published()
  }

  /** The page to choose a user on; each choice leads here again and then back to the client, with a code. */
  @Get('authorize')
  @Header('cache-control', 'no-store')
  authorize(@Query() query: Readonly<Record<string, unknown>>, @Res() reply: FastifyReply) {
    const { client_id: clientId, redirect_uri: redirectUri } = this.#target(query)
    const back = (answer: Readonly<Record<string, string>>) => {
      const state = typeof query.state === 'string' ? { state: query.state } : {}
      const parameters = new URLSearchParams({ ...answer, ...state, iss: this.settings.issuer })
      return reply.status(302).header('location', `${redirectUri}?${parameters}`).send()
    }
    const asked = authorizeRequest.safeParse(query)
    if (!asked.success) {
      const [{ path, message } = { path: [], message: '' }] = asked.error.issues
      const error = path[0] === 'response_type' ? 'unsupported_response_type' : 'invalid_request'
      return back({ error, error_description: `${path.join('.')}: ${message}` })
    }
    const { code_challenge: challenge, user } = asked.data
    if (user !== undefined) return back({ code: this.#codes.issue({ clientId, redirectUri, challenge, user }) })
    const linkTo = (name: string) =>
      `?${new URLSearchParams({ ...asked.data, client_id: clientId, redirect_uri: redirectUri, user: name })}`
    return reply
      .header('content-security-policy', AUTHORIZE_POLICY)
      .type('text/html; charset=utf-8')
      .send(authorizePage(developmentUsers, linkTo))
  }

  /** As RFC 6749 has it, refusals included. */
  @Post('token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async token(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const refuse = (answer: object) => {
      reply.status(400)
      return answer
    }
    const asked = tokenRequest.safeParse(body ?? {})
    if (!asked.success) return refuse(tokenError(asked.error))
    const { data } = asked
    const name = data.grant_type === 'client_credentials' ? data.client_id : this.#userOf(data)
    if (name === undefined)
      return refuse({ error: 'invalid_grant', error_description: 'the code is used, over, or not yours' })
    const { roles, customerId } = developmentUsers.find((user) => user.name === name)!
    const { issuer, audience } = this.settings
    const claims = { iss: issuer, aud: audience, sub: name, roles, ...(customerId && { customer_id: customerId }) }
    return { access_token: await this.keys.sign(claims, LIFE_S), token_type: 'Bearer', expires_in: LIFE_S }
  }

  #userOf(asked: { code: string; client_id: string; redirect_uri: string; code_verifier: string }) {
    const { client_id: clientId, redirect_uri: redirectUri, code_verifier: verifier } = asked
    return this.#codes.redeem(asked.code, { clientId, redirectUri, verifier })
  }

  /** The console that shows this issuer, and nobody else, may have codes sent. */
  #target(query: unknown) {
    const target = authorizeTarget.safeParse(query)
    const only = new URL('/auth/callback', this.settings.issuer).href
    if (!target.success || target.data.redirect_uri !== only)
      throw new Problem(400, { detail: `a client_id is needed, and the redirect_uri ${only}` })
    return target.data
  }
}
