/** One entry of a JAAS configuration: which module, and what it is told. */
export interface JaasEntry {
  /** The Java class, here a name like any other. */
  readonly module: string
  readonly options: Readonly<Record<string, string>>
}

/** Words, quoted values, and the signs between them. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s="';]+)|([=;]))/y

/**
 * Reads what Kafka writes in `sasl.jaas.config`: `MODULE required key="value" … ;`. Returns what is wrong, without any
 * of its text, which may be secret.
 */
export function readJaas(text: string): JaasEntry | { readonly problem: string } {
  const tokens = tokensOf(text.trim())
  if (tokens === undefined) return malformed('it has a quote without an end')
  const [module, flag, ...rest] = tokens
  if (module === undefined || module.isSign) return malformed('it names no module')
  if (flag === undefined || !/^(required|requisite|sufficient|optional)$/i.test(flag.text)) {
    return malformed('after the module comes "required"')
  }
  if (rest.at(-1)?.text !== ';' || !rest.at(-1)!.isSign) return malformed('it has to end with a semicolon')
  const options: Record<string, string> = {}
  for (let i = 0; i < rest.length - 1; i += 3) {
    const [key, equals, value] = rest.slice(i, i + 3)
    const isOption = key?.isSign === false && equals?.isSign === true && equals.text === '=' && value?.isSign === false
    if (!isOption || i + 3 > rest.length - 1) return malformed('options are of the form key="value"')
    options[key!.text] = value!.text
  }
  return { module: module.text, options }
}

interface Token {
  readonly text: string
  readonly isSign: boolean
}

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text)
    if (match === null) return undefined
    const [, double, single, word, sign] = match
    tokens.push({ text: (double ?? single)?.replace(/\\(.)/g, '$1') ?? word ?? sign!, isSign: sign !== undefined })
  }
  return tokens
}

const malformed = (why: string) => ({ problem: `it is no JAAS configuration: ${why}` })

const USER = /^user_(.+)$/

/** Users of the login module of SASL PLAIN: password by name, of `user_NAME="PASSWORD"`. */
export const plainUsers = ({ options }: JaasEntry): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(options).flatMap(([key, password]) => {
      const name = USER.exec(key)?.[1]
      return name === undefined ? [] : [[name, password]]
    }),
  )
