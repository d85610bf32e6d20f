// Loaded before the daemon by one moment of the bench: at SIGUSR2 its wall clock jumps an hour ahead, then two back,
// and so on. Timers use the monotonic clock and are not affected, as on a real system.
const RealDate = Date
let offset = 0
let jumps = 0

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + offset)
    else super(...parts)
  }

  static now() {
    return RealDate.now() + offset
  }
}

process.on('SIGUSR2', () => {
  offset = jumps++ % 2 === 0 ? 3_600_000 : -3_600_000
})
