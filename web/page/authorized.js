/** Where the login of an MCP server comes back to. */

import { finishAuthorization } from "../authorization.js";

finishAuthorization();
