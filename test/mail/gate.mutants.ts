// The tables of the gate as one test file: Stryker runs it for every mutant, and one file loads its modules once.
import './gate/authentication.test.ts'
import './gate/draft.test.ts'
import './gate/gate.test.ts'
import './gate/limits.test.ts'
import './gate/never.test.ts'
