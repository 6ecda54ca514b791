// Seconds that somebody looked at a photo; time in which the tab was hidden does not count.

export class Stopwatch {
  constructor() {
    this.restart();
    this.onVisibility = () => (document.hidden ? this.pause() : this.resume());
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  restart(seconds = 0) {
    this.before = seconds * 1000;
    this.since = document.hidden ? null : performance.now();
  }

  pause() {
    this.before += this.since === null ? 0 : performance.now() - this.since;
    this.since = null;
  }

  resume() {
    this.since ??= performance.now();
  }

  get seconds() {
    const running = this.since === null ? 0 : performance.now() - this.since;
    return Math.round(this.before + running) / 1000;
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisibility);
  }
}
