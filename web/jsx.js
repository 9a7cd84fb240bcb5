/** Types alone: `<staysail-chat>` in TSX. */
export {};
