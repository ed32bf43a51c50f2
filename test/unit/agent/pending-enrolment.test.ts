import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../../server/agent/config.ts'
import { parseEnrolment, readPendingEnrolment } from '../../../server/agent/pending-enrolment.ts'
import { setUpState } from '../../../server/agent/set-up-state.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'

let stateDir: string
beforeEach(() => {
  stateDir = makeTempFolder()
})
afterEach(() => removeTempFolder(stateDir))
const setUp = (enrolment: string, scope: string[] = []) =>
  setUpState({ stateDir, scope, usualScope: ['/usual'], enrolment })

describe('an enrolment in one word', () => {
  it('is an address and a token behind #', () => {
    expect(parseEnrolment('https://central.example.com/#abc')).toEqual({
      serverUrl: 'https://central.example.com',
      token: 'abc',
    })
    expect(parseEnrolment('https://example.com/sidestream/#a%20b')).toEqual({
      serverUrl: 'https://example.com/sidestream',
      token: 'a b',
    })
  })

  it.each(['', 'abc', 'https://central.example.com', 'ftp://x/#t'])('refuses %j', (text) => {
    expect(() => parseEnrolment(text)).toThrow('https://central.example.com/#TOKEN')
  })
})

describe('what an installation leaves for the agent', () => {
  it('is a scope and the enrolment, which the agent makes as soon as it can', () => {
    setUp('https://central.example.com/#abc')
    expect(readConfig(stateDir)?.scope).toEqual(['/usual'])
    expect(readPendingEnrolment(stateDir)).toMatchObject({ token: 'abc' })
  })

  it('keeps the scope that there is unless another is given', () => {
    setUp('', ['/mine'])
    setUp('')
    expect(readConfig(stateDir)?.scope).toEqual(['/mine'])
    setUp('', ['/other'])
    expect(readConfig(stateDir)?.scope).toEqual(['/other'])
  })

  it('is nothing at all where the enrolment cannot be used', () => {
    expect(() => setUp('central')).toThrow('looks like')
    expect(readConfig(stateDir)).toBeNull()
  })
})
