import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig, readEnrolment } from '../../../server/agent/config.ts'
import { setUpState } from '../../../server/agent/set-up-state.ts'
import { encodeInvitation } from '../../../server/shared/enrolment-string.ts'
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.ts'

let stateDir: string
beforeEach(() => {
  stateDir = makeTempFolder()
})
afterEach(() => removeTempFolder(stateDir))
const setUp = (enrolment: string, scope: string[] = []) =>
  setUpState({ stateDir, scope, usualScope: ['/usual'], enrolment })

describe('what an installation leaves for the agent', () => {
  it('is a scope and the enrolment, which the agent makes as soon as it can', () => {
    const invitation = { urls: ['https://central.example.com'], pins: [], token: 't'.repeat(43) }
    expect(setUp(encodeInvitation(invitation))).toContain('https://central.example.com')
    expect(readConfig(stateDir)?.scope).toEqual(['/usual'])
    expect(readEnrolment(stateDir)).toEqual({ invitation, privateKey: null, imageBoot: null })
  })

  it('keeps the scope that there is unless another is given', () => {
    setUp('', ['/mine'])
    setUp('')
    expect(readConfig(stateDir)?.scope).toEqual(['/mine'])
    setUp('', ['/other'])
    expect(readConfig(stateDir)?.scope).toEqual(['/other'])
  })

  it('is nothing at all where the enrolment cannot be used', () => {
    expect(() => setUp('central')).toThrow('cannot be used')
    expect(readConfig(stateDir)).toBeNull()
  })
})
