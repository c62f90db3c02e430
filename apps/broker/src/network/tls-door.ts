import type { Socket } from 'node:net'
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Logger } from '#libs/logging'
import { distinguishedName } from '../security/authentication/distinguished-name.ts'
import type { TlsCertificates } from '../security/authentication/tls-certificates.ts'
import { ANONYMOUS, type Principal, userPrincipal } from '../security/principal.ts'
import { AUTHENTICATION_MS } from './connection.ts'

interface Stranger extends Error {
  readonly code?: string
}

/** Begins TLS on accepted connections, and says who the client is by its certificate. */
export class TlsDoor {
  private readonly server: TlsServer

  constructor(
    private readonly listener: string,
    private readonly certificates: TlsCertificates,
    private readonly log: Logger,
    welcome: (socket: TLSSocket, principal: Principal) => void,
  ) {
    const wanted = certificates.clientAuthentication
    this.server = createServer({
      ...certificates.options,
      requestCert: wanted !== 'none',
      rejectUnauthorized: wanted === 'required',
      handshakeTimeout: AUTHENTICATION_MS,
    })
    certificates.onRenewal((options) => this.server.setSecureContext(options))
    this.server.on('secureConnection', (socket) => {
      const principal = this.principalOf(socket)
      if (principal === undefined) socket.destroy()
      else welcome(socket, principal)
    })
    this.server.on('tlsClientError', (error: Stranger, socket) => {
      this.refuse(socket, error.code ?? error.message)
      socket.destroy()
    })
  }

  enter(socket: Socket): void {
    this.server.emit('connection', socket)
  }

  /** Undefined where a certificate was shown that proves nothing, or that no rule has a name for. */
  private principalOf(socket: TLSSocket): Principal | undefined {
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) return ANONYMOUS
    if (!socket.authorized) {
      this.refuse(socket, String(socket.authorizationError))
      return undefined
    }
    const name = this.certificates.nameOf(distinguishedName(certificate))
    if (name === undefined) this.refuse(socket, 'no rule of ssl.principal.mapping.rules applies to its certificate')
    return name === undefined ? undefined : userPrincipal(name)
  }

  private refuse({ remoteAddress }: Socket, reason: string): void {
    this.log.info('a TLS handshake failed', { listener: this.listener, client: `/${remoteAddress ?? ''}`, reason })
  }
}
