/** The console's built files. Every page address of it answers index.html: the console routes by itself. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../shared/app-error.ts'

/** Vite puts a hash of the content into the names below this: what is there never changes. */
const HASHED = '/assets/'

export const consoleRoutes: FastifyPluginAsync<{ consoleDir: string | undefined }> = async (
  app,
  { consoleDir },
) => {
  const isBuilt = consoleDir !== undefined && existsSync(join(consoleDir, 'index.html'))
  if (isBuilt) {
    await app.register(fastifyStatic, { root: consoleDir, serve: false, cacheControl: false })
  }

  app.get(
    '/*',
    { config: { access: 'public', scope: 'none' }, schema: { hide: true } },
    (request, reply) => {
      const path = request.url.split('?', 1)[0] as string
      if (isApi(path)) throw new AppError('NOT_FOUND', 404, 'there is nothing here')
      if (!isBuilt) {
        throw new AppError('NOT_FOUND', 404, 'the console is not built here: run `npm run build`')
      }
      return sendFile(consoleDir, request, reply)
    },
  )
}

function isApi(path: string): boolean {
  return /^\/(api|agent)(\/|$)/.test(path)
}

function sendFile(consoleDir: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const file = (request.params as { '*': string })['*']
  // Only decides between the file and index.html; @fastify/static itself keeps within its root.
  const isFile = !file.includes('..') && isFileAt(join(consoleDir, file))
  const wantsPage = (request.headers.accept ?? '').includes('text/html')
  if (isFile && file !== 'index.html') {
    const isHashed = `/${file}`.startsWith(HASHED)
    reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    return reply.sendFile(file)
  }
  if (!wantsPage && file !== '' && file !== 'index.html') {
    throw new AppError('NOT_FOUND', 404, 'there is no such file')
  }
  return reply.header('cache-control', 'no-cache').sendFile('index.html')
}

function isFileAt(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
  } catch {
    // A name that the file system itself refuses, such as one with a NUL, or a file taken for a folder.
    return false
  }
}
