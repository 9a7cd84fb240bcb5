import { Agent } from "staysail/openai";

export async function GET(request) {
  const baseURL = new URL(request.url).searchParams.get("base");
  return new Response(await new Agent({ apiKey: "k", model: "gpt-4o", baseURL }).prompt("2 + 3?"));
}
