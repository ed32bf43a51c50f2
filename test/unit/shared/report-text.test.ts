import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { streamDigest } from '../../../server/shared/inventory-digest.ts'
import { oddReport } from '../central/odd-reports.ts'

it('the digest of a report is that of the JSON of all its fields in order', () => {
  void fc.assert(
    fc.property(oddReport, (report) => {
      const { origin } = report
      const text = JSON.stringify([
        report.volumeId,
        report.identity,
        report.stream,
        report.path,
        report.links,
        report.kind,
        report.sizeBytes,
        report.allocatedBytes,
        report.isResident,
        report.modifiedAt,
        report.sha256,
        origin && [
          origin.id,
          origin.hostUrl,
          origin.referrerUrl,
          origin.hostIpAddress,
          origin.lastWriterPackageFamilyName,
          origin.appZoneId,
          origin.appDefinedZoneId,
        ],
        report.verdict,
        report.rule,
      ])
      const expected = createHash('sha256').update(text).digest('hex').slice(0, 32)
      expect(streamDigest(report)).toBe(expected)
    }),
    { numRuns: 1_000 },
  )
})
