import { Agent } from "staysail/openai";

export default async function Page({ searchParams }) {
  const { base } = await searchParams;
  const text = await new Agent({ apiKey: "k", model: "gpt-4o", baseURL: base }).prompt("2 + 3?");
  return <output>{text}</output>;
}
