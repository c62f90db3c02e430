import {
  type Aggregation,
  aggregations,
  type Expression,
  type Matcher,
  OPERATORS,
  type Operator,
  type RangeFunction,
  rangeFunctions,
  type Selector,
} from './syntax.ts'

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w])|(\d+[smhd])|("(?:[^"\\]|\\.)*")|([a-zA-Z_:][\w:]*)|(=~|!~|!=|==|<=|>=|[-+*/<>=(){}[\],]))/y
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
/** A rule is written by a person. */
const LONGEST = 4_000

/** @throws SyntaxError for what is no PromQL, or none that is understood here. */
export const parseQuery = (text: string): Expression => {
  const parser = new Parser(text)
  const expression = parser.binary(0)
  parser.end()
  return expression
}

class Parser {
  readonly #tokens: string[] = []
  #at = 0

  constructor(private readonly text: string) {
    if (text.length > LONGEST) throw new SyntaxError(`a query is no longer than ${LONGEST} characters`)
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const at = TOKEN.lastIndex
      const [whole] = TOKEN.exec(text) ?? []
      if (whole === undefined) throw new SyntaxError(`cannot read "${text.slice(at, at + 20)}" in: ${text}`)
      this.#tokens.push(whole.trim())
    }
  }

  binary(level: number): Expression {
    if (level === OPERATORS.length) return this.#operand()
    let left = this.binary(level + 1)
    for (;;) {
      const operator = (OPERATORS[level] as readonly string[]).find((each) => each === this.#next())
      if (operator === undefined) return left
      this.#at++
      left = { kind: 'binary', operator: operator as Operator, left, right: this.binary(level + 1) }
    }
  }

  end(): void {
    if (this.#next() !== undefined) this.#fail()
  }

  #next(): string | undefined {
    return this.#tokens[this.#at]
  }

  #operand(): Expression {
    const token = this.#take()
    if (token === '(') return this.#closed(this.binary(0))
    if (token === '-')
      return { kind: 'binary', operator: '*', left: { kind: 'number', value: -1 }, right: this.#operand() }
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) }
    if (aggregations.some((each) => each === token)) return this.#aggregate(token as Aggregation)
    if (this.#next() !== '(') return this.#selector(token)
    this.#at++
    if (token === 'time') return this.#closed({ kind: 'time' })
    if (token === 'histogram_quantile') {
      const q = Number(this.#take())
      this.#expect(',')
      return this.#closed({ kind: 'quantile', q, of: this.binary(0) })
    }
    if (!rangeFunctions.some((each) => each === token)) return this.#fail(token)
    const of = this.#selector(this.#take())
    if (of.range === undefined) return this.#fail(token)
    return this.#closed({ kind: 'call', name: token as RangeFunction, of })
  }

  #aggregate(name: Aggregation): Expression {
    let by = this.#labels()
    this.#expect('(')
    const of = this.#closed(this.binary(0))
    if (by.length === 0) by = this.#labels()
    return { kind: 'aggregate', name, by, of }
  }

  #labels(): string[] {
    if (this.#next() !== 'by') return []
    this.#at++
    this.#expect('(')
    const labels: string[] = []
    while (this.#next() !== ')') {
      if (labels.length > 0) this.#expect(',')
      labels.push(this.#take())
    }
    this.#at++
    return labels
  }

  #selector(metric: string): Selector {
    const matchers: Matcher[] = []
    if (this.#next() === '{') {
      this.#at++
      while (this.#next() !== '}') {
        if (matchers.length > 0) this.#expect(',')
        matchers.push(this.#matcher())
      }
      this.#at++
    }
    if (this.#next() !== '[') return { kind: 'selector', metric, matchers }
    this.#at++
    const [, count, unit] = /^(\d+)([smhd])$/.exec(this.#take()) ?? this.#fail()
    this.#expect(']')
    return { kind: 'selector', metric, matchers, range: Number(count) * SECONDS[unit as keyof typeof SECONDS] }
  }

  #matcher(): Matcher {
    const [label, operator, quoted] = [this.#take(), this.#take(), this.#take()]
    if (!quoted.startsWith('"')) return this.#fail(quoted)
    const text = JSON.parse(quoted) as string
    if (operator === '=' || operator === '!=') return { label, isEqual: operator === '=', wanted: text }
    if (operator !== '=~' && operator !== '!~') return this.#fail(operator)
    return { label, isEqual: operator === '=~', wanted: new RegExp(`^(?:${text})$`, 'u') }
  }

  #closed<T>(expression: T): T {
    this.#expect(')')
    return expression
  }

  #expect(token: string): void {
    if (this.#next() !== token) this.#fail()
    this.#at++
  }

  #take(): string {
    const token = this.#next()
    if (token === undefined) return this.#fail()
    this.#at++
    return token
  }

  #fail(token = this.#next()): never {
    throw new SyntaxError(`${token ?? 'the end'} is not understood here: ${this.text}`)
  }
}
