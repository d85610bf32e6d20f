// Writes what is generated from the source: replyd.schema.json, docs/configuration.md and docs/reasons.md. Run after a build.
import { writeFileSync } from 'node:fs'
import { reasonsReference } from '../dist/base/reasons.js'
import { configJsonSchema, configurationReference } from '../dist/config/reference.js'

const file = (path) => new URL(`../${path}`, import.meta.url)
writeFileSync(file('replyd.schema.json'), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
writeFileSync(file('docs/configuration.md'), configurationReference())
writeFileSync(file('docs/reasons.md'), reasonsReference())
