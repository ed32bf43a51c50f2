import type { MustScanReason } from '../../../native/addon.ts'

/** Of the disk, or of this machine's own settings. */
export type ScanReason = MustScanReason | 'other-settings'

const WORDS: Record<ScanReason, string> = {
  'no-checkpoint': 'it is not known up to where its change journal was read',
  'other-volume': 'another volume is there than before',
  'no-journal': 'its file system has no change journal',
  'journal-not-active': 'it has no change journal',
  'journal-being-deleted': 'its change journal is being deleted',
  'journal-recreated': 'its change journal was deleted and made anew',
  'journal-wrapped': 'its change journal has dropped records that were not read yet',
  'journal-interrupted': 'changes may have gone unrecorded in its change journal',
  'journal-rewound': 'its change journal is behind what was read, as after a restore',
  'unknown-records': 'its change journal holds records of an unknown version',
  'unreadable-records': 'its change journal contradicts itself',
  'other-settings': 'it was scanned with other settings (exclude, smbConf, limit for hashes)',
  'too-many-changes': 'more has changed than can be looked at one by one',
}

/** In words that follow "a full scan, because …". */
export function whyScan(reason: ScanReason): string {
  return WORDS[reason]
}
