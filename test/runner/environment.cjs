// What jest wants of an environment. There is no context of its own in it: see runner.mjs.
const { ModernFakeTimers } = require('@jest/fake-timers')
const { ModuleMocker } = require('jest-mock')

module.exports = class Environment {
  constructor({ projectConfig }) {
    /** Jest puts the file's console here. */
    this.global = {}
    this.moduleMocker = new ModuleMocker(globalThis)
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis })
  }

  async setup() {}

  async teardown() {}

  getVmContext() {
    return null
  }
}
