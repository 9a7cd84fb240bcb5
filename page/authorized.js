/** Receives the login of an MCP server, in the window that the server sends back here. */

import { finishAuthorization } from "../web/keys/authorization.js";

finishAuthorization();
