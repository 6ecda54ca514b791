// The hand that moves the photo in its viewport: with the middle button, or with any while Space is held down.

export const TAP_MS = 300; // a press of Space that is longer is no keystroke

export class Hand {
  constructor(view) {
    this.view = view;
    this.space = null; // when Space was pressed, on which task, and whether the photo was moved since
    this.at = null; // where the pointer holds the photo
  }

  // Space is pressed.
  open(event, task) {
    this.space ??= { since: event.timeStamp, task, used: false };
    this.view.stage.classList.add("hand");
  }

  // Space is let go of: whether it was a keystroke on that task, with nothing moved meanwhile.
  close(event, task) {
    const { space } = this;
    this.space = null;
    this.view.stage.classList.remove("hand");
    return space !== null && space.task === task && !space.used && event.timeStamp - space.since < TAP_MS;
  }

  // Each of the three says whether the event is the hand's alone.
  down(event) {
    if (event.button !== 1 && !this.space) return false;
    event.preventDefault();
    if (this.space) this.space.used = true;
    this.at = [event.clientX, event.clientY];
    this.view.stage.setPointerCapture(event.pointerId);
    return true;
  }

  move(event) {
    if (!this.at) return false;
    this.view.moveBy(event.clientX - this.at[0], event.clientY - this.at[1]);
    this.at = [event.clientX, event.clientY];
    return true;
  }

  up() {
    const held = this.at !== null;
    this.at = null;
    return held;
  }
}
