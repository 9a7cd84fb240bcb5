import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";

export function connect(baseURL, { name, description, parameters, execute }) {
  const model = new ChatOpenAI({
    model: "m",
    apiKey: "k",
    useResponsesApi: false,
    configuration: { baseURL, dangerouslyAllowBrowser: true },
  });
  const known = tool(execute, { name, description, schema: parameters });
  const withTools = model.bindTools([known]);
  return {
    prompt: async (text) => (await model.invoke(text)).text,
    // Its agents are another package, LangGraph's; this is the loop that its documentation shows for models.
    async rounds(text) {
      const messages = [new HumanMessage(text)];
      while (true) {
        const answer = await withTools.invoke(messages);
        if (!answer.tool_calls.length) return answer.text;
        messages.push(answer, ...(await Promise.all(answer.tool_calls.map((call) => known.invoke(call)))));
      }
    },
    async *stream(text) {
      for await (const chunk of await model.stream(text)) if (chunk.text) yield chunk.text;
    },
  };
}
