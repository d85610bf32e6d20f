// jest loads this with require.
const { default: Sequencer } = require('@jest/test-sequencer')

const WAITS = /[\\/]test[\\/](flow|live)[\\/]/

/** The files that wait for servers begin first, so that the others fill the time in which they wait. */
module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = [...super.sort(tests)]
    return [
      ...sorted.filter(({ path }) => WAITS.test(path)),
      ...sorted.filter(({ path }) => !WAITS.test(path)),
    ]
  }
}
