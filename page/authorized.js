/** Where the login of an MCP server comes back to. */

import { finishAuthorization } from "../web/keys/authorization.js";

finishAuthorization();
