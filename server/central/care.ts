/** What is done to central's data beside running central: for whoever keeps it. */
export {
  type BackupProgress,
  backupStores as backupCentral,
  leftOutOfBackup,
} from './store/backup-stores.ts'
export { auditOfFolder, type Checked, checkStores as checkCentral } from './store/check-stores.ts'
