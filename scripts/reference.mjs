// Writes what is generated from the configuration's schema: replyd.schema.json and docs/configuration.md. Run after a build.
import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '../dist/config/json-schema.js'
import { configurationReference } from '../dist/config/reference.js'

const file = (path) => new URL(`../${path}`, import.meta.url)
writeFileSync(file('replyd.schema.json'), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
writeFileSync(file('docs/configuration.md'), configurationReference())
