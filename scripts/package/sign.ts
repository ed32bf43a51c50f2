/**
 * Authenticode by osslsigncode, so that it works where the package is built. The addon is signed before it is
 * packed and the MSI after; node.exe comes signed by the Node.js project and stays as it is.
 *
 * Time stamps come from the server in $SIDESTREAM_TIMESTAMP_URL; without one a signature ends with its certificate.
 */
import { execFileSync } from 'node:child_process'
import { renameSync } from 'node:fs'
import { findProgram } from '../lib/run.ts'

export function signFile(file: string, certificate: string, description: string): void {
  if (findProgram('osslsigncode') === undefined) {
    throw new Error('osslsigncode is missing: sudo apt-get install -y osslsigncode')
  }
  const { SIDESTREAM_SIGN_PASSWORD: password = '', SIDESTREAM_TIMESTAMP_URL: stamp } = process.env
  const signed = `${file}.signed`
  const args = ['sign', '-pkcs12', certificate, '-readpass', '/dev/stdin', '-h', 'sha256']
  args.push('-n', description, ...(stamp ? ['-ts', stamp] : []), '-in', file, '-out', signed)
  // The password goes over a pipe: arguments are for everybody on the machine to read.
  execFileSync('osslsigncode', args, { input: password, stdio: ['pipe', 'ignore', 'inherit'] })
  renameSync(signed, file)
}

export function signMsi(file: string, certificate: string): void {
  signFile(file, certificate, 'Sidestream Agent')
}
