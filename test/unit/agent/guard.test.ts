import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NEW_MACHINE, OWN_HANDS } from '../../../server/agent/policy.ts'
import { Guard } from '../../../server/agent/strip/guard.ts'
import type { OrderAction, OrderTarget } from '../../../server/protocol/order.ts'
import type { LocalPolicy } from '../../../server/protocol/policy.ts'

const place = { root: '/data', target: { isWritable: true } } as never
const target = { stream: 'Zone.Identifier', path: '/data/a', sizeBytes: 26 } as OrderTarget

const refusal = (
  policy: Partial<LocalPolicy>,
  fields: Partial<OrderTarget> = {},
  action: OrderAction = 'strip',
) => new Guard({ ...NEW_MACHINE, ...policy }, 100).refusal(action, { ...target, ...fields }, place)

describe('the guard', () => {
  it('lets a new machine strip its Zone.Identifiers and put them back, and nothing else', () => {
    expect(refusal({})).toBe(null)
    expect(refusal({}, {}, 'restore')).toBe(null)
    expect(refusal({}, { stream: 'Other' })).toContain('(streams)')
    expect(refusal({}, {}, 'reduce')).toContain('(actions)')
    expect(refusal({}, {}, 'mark')).toContain('(actions)')
  })

  it('takes globs over names, case ignored', () => {
    const allows = (streams: string[], stream: string) => refusal({ streams }, { stream }) === null
    expect(allows(['*'], 'anything.at all')).toBe(true)
    expect(allows(['zone.*'], 'Zone.Identifier')).toBe(true)
    expect(allows(['Zone.Identifie?'], 'Zone.Identifier')).toBe(true)
    expect(allows(['Zone'], 'Zone.Identifier')).toBe(false)
    expect(allows(['ZoneXIdentifier', 'Zone+Identifier'], 'Zone.Identifier')).toBe(false)
    expect(allows([], 'Zone.Identifier')).toBe(false)
  })

  it.each([
    ['/data/users/anna/a.exe', null],
    ['/data/users/anna/secret/a.exe', '(paths)'],
    ['/other/a.exe', '(paths)'],
    ['\\data\\users\\anna\\a.exe', null],
    ['\\DATA\\Users\\anna\\SECRET\\a.exe', '(paths)'],
  ])('takes globs over paths, either separator: %s', (path, rule) => {
    const paths = { include: ['/data/*'], exclude: ['*\\secret\\*'] }
    const reason = refusal({ paths }, { path })
    if (rule === null) expect(reason).toBe(null)
    else expect(reason).toContain(rule)
  })

  it.each<[string, Partial<LocalPolicy['paths']>, string, boolean]>([
    ['C:', { exclude: ['C:\\Finance\\*'] }, 'Finance\\a.exe', false],
    ['C:', { exclude: ['c:/finance/*'] }, 'Finance\\a.exe', false],
    ['c:', { exclude: ['C:\\Finance\\*'] }, 'FINANCE\\a.exe', false],
    ['\\\\.\\C:', { exclude: ['C:\\Finance\\*'] }, 'Finance\\a.exe', false],
    ['D:', { exclude: ['C:\\Finance\\*'] }, 'Finance\\a.exe', true],
    ['C:', { exclude: ['Finance\\*'] }, 'Finance\\a.exe', false],
    ['C:', { exclude: ['*.exe'] }, 'Users\\a.exe', false],
    ['C:', { include: ['C:\\Users\\*'] }, 'Users\\a.exe', true],
    ['C:', { include: ['C:/Users/*'] }, 'Finance\\a.exe', false],
    ['D:', { include: ['C:\\Users\\*'] }, 'Users\\a.exe', false],
    ['C:', { include: ['Users\\*'] }, 'Users\\a.exe', true],
    ['C:', { include: ['*'] }, '.', true],
    ['C:', { exclude: ['C:\\*'] }, '.', false],
  ])('knows on the volume %s under %j whether %s is allowed', (root, rules, path, isAllowed) => {
    const volume = { root, target: { kind: 'image', isWritable: true } } as never
    const paths = { ...NEW_MACHINE.paths, ...rules }
    const guard = new Guard({ ...NEW_MACHINE, paths }, 100)
    const reason = guard.refusal('strip', { ...target, path }, volume)
    if (isAllowed) expect(reason).toBe(null)
    else expect(reason).toContain('(paths)')
  })

  it('lets what was taken be put back also where nothing more may be taken', () => {
    const paths = { include: [], exclude: ['*'] }
    expect(refusal({ streams: [], paths }, {}, 'restore')).toBe(null)
    expect(refusal({ actions: ['strip'] }, {}, 'restore')).toContain('(actions)')
  })

  it.each(['WofCompressedData', '$DATA', 'AFP_Resource', 'a:b', 'a/b'])(
    'refuses %s whatever the policy says',
    (stream) => {
      for (const action of ['strip', 'reduce', 'restore', 'mark'] as const) {
        expect(refusal(OWN_HANDS, { stream }, action)).toContain('never stripped')
      }
    },
  )

  it('never lets through a name that the policy and the never-list do not', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.array(fc.string({ minLength: 1 })),
        (name, streams) => {
          fc.pre(!streams.some((glob) => /[*?\\]/.test(glob)))
          const isListed = streams.some((glob) => glob.toLowerCase() === name.toLowerCase())
          if (!isListed) expect(refusal({ streams }, { stream: name })).not.toBe(null)
        },
      ),
    )
  })

  it('reduces nothing but a Zone.Identifier', () => {
    expect(refusal(OWN_HANDS, { stream: 'zone.identifier' }, 'reduce')).toBe(null)
    expect(refusal(OWN_HANDS, { stream: 'Other' }, 'reduce')).toContain('Only a Zone.Identifier')
  })

  it('refuses what could not be put back, and places that are read-only or unknown', () => {
    expect(refusal({}, { sizeBytes: 101 })).toContain('put back')
    const guard = new Guard(NEW_MACHINE, 100)
    expect(guard.refusal('strip', target, null)).toContain('scope')
    const readOnly = { target: { isWritable: false } } as never
    expect(guard.refusal('strip', target, readOnly)).toContain('read')
  })

  it('counts the targets of any minute', () => {
    const guard = new Guard({ ...NEW_MACHINE, targetsPerMinute: 2 }, 100)
    expect([0, 30_000, 59_999].map((at) => guard.takeTurn(at) === null)).toEqual([
      true,
      true,
      false,
    ])
    expect(guard.takeTurn(60_000)).toBe(null)
    expect(guard.takeTurn(60_001)).toContain('(targetsPerMinute)')
    expect(guard.takeTurn(90_000)).toBe(null)
  })
})
