import type { Page } from "playwright-core";
import { ADOPTED } from "../../test/console/admin/adoption-stage.ts";
import { pressing, type Shot } from "./shot.ts";

/** The admins' pages on the modules, by name. */
export const MODULE_SHOTS: readonly Shot[] = ADOPTED.flatMap(({ path, name }) => {
  const picture = path.slice(1).replaceAll("/", "-");
  const form = `${path}/adopt?name=${name}&owner=alice`;
  return [
    { name: `${picture}-all`, path },
    { name: `${picture}-adopt`, path: `${path}/adopt` },
    { name: `${picture}-adopt-shown`, path: form, act: pressing("Show what that changes") },
    {
      name: `${picture}-hand-on`,
      path: `${path}?state=left`,
      is: `${path}/:id/hand-on`,
      act: (page: Page) =>
        page
          .getByRole("link", { name: /^Give / })
          .first()
          .click(),
    },
  ];
});
