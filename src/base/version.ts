import { readFileSync } from 'node:fs'

/** From package.json; the relative path is the same from src and from dist. */
export function programVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return String(Reflect.get(Object(manifest), 'version'))
}
