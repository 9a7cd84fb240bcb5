/** The package's types are in types.d.ts; this is what there is of them at run time. */
export {};
