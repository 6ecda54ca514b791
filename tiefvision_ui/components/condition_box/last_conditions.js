// The last conditions that a person used, newest first; the browser keeps them.

const MOST = 10;

export class LastConditions {
  constructor(person) {
    this.key = `tiefvision-conditions-${person}`;
  }

  all() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
    } catch {
      return [];
    }
  }

  remember(condition) {
    const others = this.all().filter((each) => each !== condition);
    try {
      localStorage.setItem(this.key, JSON.stringify([condition, ...others].slice(0, MOST)));
    } catch {
      // A browser that keeps nothing has no history.
    }
  }
}
