/**
 * Authenticode by osslsigncode, so that it works where the package is built. The addon is signed before it is
 * packed and the MSI after; node.exe comes signed by the Node.js project and stays as it is.
 *
 * Time stamps come from the server in $SIDESTREAM_TIMESTAMP_URL; without one a signature ends with its certificate.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../lib/run.ts'

export function signFile(file: string, certificate: string, description: string): void {
  if (findProgram('osslsigncode') === undefined) {
    throw new Error('osslsigncode is missing: sudo apt-get install -y osslsigncode')
  }
  const { SIDESTREAM_SIGN_PASSWORD: password = '', SIDESTREAM_TIMESTAMP_URL: stamp } = process.env
  const signed = `${file}.signed`
  const secrets = mkdtempSync(join(tmpdir(), 'sidestream-sign-'))
  try {
    // Arguments are for everybody on the machine to read, and osslsigncode takes no pipe.
    const passwordFile = join(secrets, 'password')
    writeFileSync(passwordFile, password, { mode: 0o600 })
    const args = ['sign', '-pkcs12', certificate, '-readpass', passwordFile, '-h', 'sha256']
    args.push('-n', description, ...(stamp ? ['-ts', stamp] : []), '-in', file, '-out', signed)
    execFileSync('osslsigncode', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  } finally {
    rmSync(secrets, { recursive: true, force: true })
  }
  renameSync(signed, file)
}

export function signMsi(file: string, certificate: string): void {
  signFile(file, certificate, 'Sidestream Agent')
}
