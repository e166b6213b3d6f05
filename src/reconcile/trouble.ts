/**
 * Why something could not be brought to where it should be. The message is for people: what is
 * wrong, in plain words, and what would do; without secrets.
 */
export class Trouble extends Error {
  /** `away`: the system does not answer, and time may heal it. `stuck`: someone has to do something. */
  readonly kind: "away" | "stuck";

  constructor(kind: "away" | "stuck", message: string) {
    super(message);
    this.name = "Trouble";
    this.kind = kind;
  }
}

/** Another one works on the same thing. */
export class Busy extends Error {
  constructor() {
    super("Something else is being done with it right now; try again shortly.");
    this.name = "Busy";
  }
}

/** The lease ran out, or was taken by another, while something was done under it. */
export class LeaseLost extends Error {
  constructor() {
    super("The lease was lost before the work was done.");
    this.name = "LeaseLost";
  }
}
