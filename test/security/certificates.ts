import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] })

/** A certificate authority of a test, which lives as long as its folder. */
export class TestAuthority {
  private readonly key: string
  /** Its own certificate. */
  readonly file: string
  private serial = 1

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    mkdirSync(folder, { recursive: true })
    this.key = join(folder, `${name}.key`)
    this.file = join(folder, `${name}.pem`)
    const subject = ['-subj', `/O=Waybill test/CN=${name}`]
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', this.key)
    openssl('req', '-x509', '-new', '-key', this.key, '-days', '2', ...subject, '-out', this.file)
  }

  get pem(): string {
    return readFileSync(this.file, 'utf8')
  }

  /** Of a server on this machine, or of a client. `subject` as OpenSSL writes it: `/O=Waybill/CN=alice`. */
  issue(name: string, subject = `/CN=${name}`): { key: string; cert: string; both: string } {
    const path = (ending: string) => join(this.folder, `${this.name}-${name}.${ending}`)
    const [key, request, cert, extensions, both] = ['key', 'csr', 'pem', 'ext', 'both.pem'].map(path) as [
      ...[string, string, string, string, string],
    ]
    writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', key)
    openssl('req', '-new', '-key', key, '-subj', subject, '-out', request)
    const signed = ['-CA', this.file, '-CAkey', this.key, '-set_serial', `${++this.serial}`, '-days', '2']
    openssl('x509', '-req', '-in', request, ...signed, '-extfile', extensions, '-out', cert)
    writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'))
    return { key, cert, both }
  }

  /** Says of a certificate that it is worth nothing any more; returns the file that says so. */
  revoke(cert: string): string {
    const index = join(this.folder, `${this.name}.index`)
    const config = join(this.folder, `${this.name}.cnf`)
    const list = join(this.folder, `${this.name}.crl`)
    writeFileSync(index, '')
    writeFileSync(config, `[ca]\ndefault_ca=it\n[it]\ndatabase=${index}\ndefault_md=sha256\ndefault_crl_days=2\n`)
    const ca = ['-config', config, '-keyfile', this.key, '-cert', this.file]
    openssl('ca', ...ca, '-revoke', cert)
    openssl('ca', ...ca, '-gencrl', '-out', list)
    return list
  }
}
