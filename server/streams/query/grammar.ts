/**
 * The grammar: `OR` joins less tightly than `AND`, which may be left out; `NOT` and `-` bind tightest.
 *
 *     either  = both { OR both }
 *     both    = negated { [AND] negated }
 *     negated = { NOT | - } one
 *     one     = ( either ) | field: value | field: "quoted" | field: ( either ) | word | "quoted"
 */
import { EmbeddedActionsParser, type IToken, type ParserMethod } from 'chevrotain'
import type { Query } from './ast.ts'
import {
  And,
  allTokens,
  Close,
  FieldName,
  Minus,
  Not,
  Open,
  Or,
  Quoted,
  Value,
  Word,
} from './tokens.ts'

/** Makes the condition of one term; `field` is null for a bare word. */
export type TermBuilder = (field: IToken | null, value: IToken) => Query

type FieldRule = ParserMethod<[IToken | null], Query>

export class QueryGrammar extends EmbeddedActionsParser {
  readonly #build: TermBuilder

  constructor(build: TermBuilder) {
    super(allTokens, { maxLookahead: 1, recoveryEnabled: false })
    this.#build = build
    this.performSelfAnalysis()
  }

  readonly query: ParserMethod<[], Query> = this.RULE(
    'query',
    (): Query => this.SUBRULE(this.either, { ARGS: [null] }),
  )

  readonly either: FieldRule = this.RULE('either', (field: IToken | null): Query => {
    const items = [this.SUBRULE(this.both, { ARGS: [field] })]
    this.MANY(() => {
      this.CONSUME(Or)
      items.push(this.SUBRULE2(this.both, { ARGS: [field] }))
    })
    return items.length === 1 ? items[0]! : { kind: 'or', items }
  })

  readonly both: FieldRule = this.RULE('both', (field: IToken | null): Query => {
    const items = [this.SUBRULE(this.negated, { ARGS: [field] })]
    this.MANY(() => {
      this.OPTION(() => this.CONSUME(And))
      items.push(this.SUBRULE2(this.negated, { ARGS: [field] }))
    })
    return items.length === 1 ? items[0]! : { kind: 'and', items }
  })

  /** A loop and no recursion: any number of them costs no stack. */
  readonly negated: FieldRule = this.RULE('negated', (field: IToken | null): Query => {
    let isNegated = false
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(Not) }, { ALT: () => this.CONSUME(Minus) }])
      isNegated = !isNegated
    })
    const item = this.SUBRULE(this.one, { ARGS: [field] })
    return isNegated ? { kind: 'not', item } : item
  })

  readonly one: FieldRule = this.RULE(
    'one',
    (field: IToken | null): Query =>
      this.OR([
        { ALT: () => this.SUBRULE(this.group, { ARGS: [field] }) },
        {
          ALT: () => {
            const name = this.CONSUME(FieldName)
            return this.OR2([
              { ALT: () => this.SUBRULE2(this.group, { ARGS: [name] }) },
              { ALT: () => this.#term(name, this.CONSUME(Value)) },
              { ALT: () => this.#term(name, this.CONSUME(Quoted)) },
            ])
          },
        },
        { ALT: () => this.#term(field, this.CONSUME(Word)) },
        { ALT: () => this.#term(field, this.CONSUME2(Quoted)) },
      ]),
  )

  readonly group: FieldRule = this.RULE('group', (field: IToken | null): Query => {
    this.CONSUME(Open)
    const inner = this.SUBRULE(this.either, { ARGS: [field] })
    this.CONSUME(Close)
    return inner
  })

  #term(field: IToken | null, value: IToken): Query {
    return this.ACTION(() => this.#build(field, value))
  }
}
