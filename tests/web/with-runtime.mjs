// Loaded before a program (node --import): its Python starts from wheels/ and the snapshot there.

import { boot } from "../../web/index.js";

void boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
