// What the package's declarations say of each exported type, as JSON: {name: {fields: {field: {optional, nullable, literals}}} | {literals}}.
// A union of objects has a type for each of its members, by the value of their `type`. Usage: node declarations.mjs FILE...

import { createRequire } from "node:module";
import { resolve } from "node:path";

const ts = createRequire(new URL("../../web/package.json", import.meta.url))("typescript");

const files = process.argv.slice(2).map((file) => resolve(file));
const program = ts.createProgram(files, {
  strict: true,
  noEmit: true,
  allowJs: true,
  checkJs: true,
  module: ts.ModuleKind.NodeNext,
  types: [],
});
const checker = program.getTypeChecker();

/** The texts that a type allows, where it allows nothing else. */
function literalsOf(type) {
  const kinds = (type.isUnion() ? type.types : [type]).filter((kind) => !(kind.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)));
  return kinds.length && kinds.every((kind) => kind.isStringLiteral()) ? kinds.map((kind) => kind.value) : undefined;
}

function describe(type) {
  const fields = {};
  for (const property of type.getProperties()) {
    const held = checker.getTypeOfSymbol(property);
    const kinds = held.isUnion() ? held.types : [held];
    fields[property.name] = {
      optional: Boolean(property.flags & ts.SymbolFlags.Optional),
      nullable: kinds.some((kind) => kind.flags & ts.TypeFlags.Null),
      literals: literalsOf(held),
    };
  }
  return { fields };
}

const described = {};
for (const file of files) {
  const source = program.getSourceFile(file);
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source))) {
    const kinds = ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Interface;
    if (!(symbol.flags & kinds)) continue;
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    const literals = literalsOf(type);
    const members = type.isUnion()
      ? type.types.flatMap((member) => literalsOf(checker.getTypeOfPropertyOfType(member, "type") ?? member) ?? [])
      : [];
    described[symbol.name] = literals ? { literals } : members.length ? { members } : describe(type);
  }
}
process.stdout.write(JSON.stringify(described));
