import { Body, Controller, Get, Header, HttpCode, Inject, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { ISSUER, type IssuerSettings } from './issuer-settings.ts'
import { SigningKeys } from './signing-keys.ts'
import { developmentUsers } from './users.ts'

const LIFE_S = 3_600

const tokenRequest = z.object({
  grant_type: z.literal('client_credentials', { error: 'client_credentials is what there is' }),
  client_id: z.enum(developmentUsers.map(({ name }) => name)),
})

/** An OpenID provider to develop with: whoever names one of its users is given a token for them. */
@Controller('issuer')
export class IssuerController {
  constructor(
    @Inject(ISSUER) private readonly settings: IssuerSettings,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
  ) {}

  @Get('.well-known/openid-configuration')
  configuration() {
    const { issuer } = this.settings
    return {
      ...{ issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` },
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'none'],
      id_token_signing_alg_values_supported: ['ES256'],
      claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'roles', 'customer_id'],
    }
  }

  @Get('jwks')
  jwks() {
    return this.keys.published()
  }

  /** As RFC 6749 has it, refusals included. */
  @Post('token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async token(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const asked = tokenRequest.safeParse(body ?? {})
    if (!asked.success) {
      reply.status(400)
      const [{ path, message } = { path: [], message: '' }] = asked.error.issues
      const error = path[0] === 'client_id' ? 'invalid_client' : 'unsupported_grant_type'
      return { error, error_description: `${path.join('.')}: ${message}` }
    }
    const { name, roles, customerId } = developmentUsers.find((user) => user.name === asked.data.client_id)!
    const { issuer, audience } = this.settings
    const claims = { iss: issuer, aud: audience, sub: name, roles, ...(customerId && { customer_id: customerId }) }
    return { access_token: await this.keys.sign(claims, LIFE_S), token_type: 'Bearer', expires_in: LIFE_S }
  }
}
