import { signInDoctor } from "../auth/doctor.ts";
import { bucketDoctor } from "../buckets/doctor.ts";
import { skipped, type ModuleDoctor, type Part, type Subject } from "../checks/check.ts";
import { databaseDoctor } from "../databases/doctor.ts";
import { gitlabDoctor } from "../gitlab-pages/doctor.ts";
import { namespaceDoctor } from "../namespaces/doctor.ts";

/** Every module that says how it is, in the order in which that is read. */
export const MODULE_DOCTORS: readonly ModuleDoctor[] = [
  signInDoctor,
  gitlabDoctor,
  bucketDoctor,
  databaseDoctor,
  namespaceDoctor,
];

/** Those that are on. */
export function modulesOn({ config }: Pick<Subject, "config">): readonly ModuleDoctor[] {
  return MODULE_DOCTORS.filter(({ off }) => off(config) === undefined);
}

export function moduleParts(subject: Subject): readonly Part[] {
  return MODULE_DOCTORS.map(({ name, off, look }) => ({
    name,
    look: async (given) => {
      const why = off(subject.config);
      if (why === undefined) await look(given, subject);
      else given.tell("module", skipped(why));
    },
  }));
}
