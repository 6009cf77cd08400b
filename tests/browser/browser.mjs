/* browser: runs all tests of the page; see browser.sh. */
import fs from 'node:fs';

import './access.mjs';
import './hostile.mjs';
import './list.mjs';
import './message.mjs';
import './view.mjs';
import './views.mjs';
import { main, scratch } from './lib.mjs';

const isGood = await main(process.argv.slice(2));

fs.rmSync(scratch, {recursive: true, force: true});
process.exit(isGood ? 0 : 1);
