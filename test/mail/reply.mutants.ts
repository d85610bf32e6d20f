// The tables of the reply builder as one test file: see gate.mutants.ts.
import './reply/build.test.ts'
import './reply/flowed.test.ts'
import './reply/header.test.ts'
import './reply/identity.test.ts'
import './reply/last-look.test.ts'
