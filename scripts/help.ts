import { tasks } from "./docs/tasks.ts";

const width = Math.max(...Object.keys(tasks).map((name) => name.length));
console.log(
  "Tasks of this repository, each run by npm run NAME (npm test and npm start for short):\n",
);
for (const [name, text] of Object.entries(tasks)) console.log(`  ${name.padEnd(width)}  ${text}`);
