/** Texts and classes ↔ numbers, for the writer. */
import type { Database } from 'better-sqlite3'
import { type ClassCounts, type ClassEntry, createClasses } from './classes.ts'
import { hostUrlTexts, referrerTexts, searchedTexts } from './text-dictionaries.ts'

export type { ClassEntry }

export interface Dictionaries {
  folder(path: string): number
  /** `isNew`: nothing can point to it yet. */
  fileName(name: string): { no: number; isNew: boolean }
  hostUrl(url: string): number
  referrer(url: string): number
  /** By its definition; see class-definition.ts. */
  classEntry(definition: string): ClassEntry
  /** Undefined: no stream was ever called that. */
  findStreamName(name: string): number | undefined
  /** What is new, before its rows are read or counted. */
  write(): void
  /** Last in a transaction; see trigrams.ts. */
  flush(): void
  /** After a rollback: what was learnt in it is not there. */
  forget(): void
}

export function createDictionaries(db: Database, counts: ClassCounts): Dictionaries {
  const folders = searchedTexts(db, 'folder', 'folder_no', 'path')
  const fileNames = searchedTexts(db, 'file_name', 'name_no', 'name')
  const hostUrls = hostUrlTexts(db)
  const referrers = referrerTexts(db)
  const texts = [folders, fileNames, hostUrls, referrers]
  const classes = createClasses(db, counts)
  return {
    folder: folders.intern,
    fileName: (name) => {
      const before = fileNames.added()
      const no = fileNames.intern(name)
      return { no, isNew: fileNames.added() > before }
    },
    hostUrl: hostUrls.intern,
    referrer: referrers.intern,
    classEntry: classes.intern,
    findStreamName: classes.findStreamName,
    write: () => {
      for (const each of [...texts, classes]) each.write()
    },
    flush: () => {
      classes.write()
      for (const each of texts) each.flush()
    },
    forget: () => {
      for (const each of [...texts, classes]) each.forget()
    },
  }
}
