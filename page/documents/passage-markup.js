/** The dialog that shows a passage of a document. */

export const MARKUP = /* html */ `
<dialog id="passage" class="consent passage" aria-labelledby="passage-title" closedby="any">
  <div class="dialog-head">
    <h2 id="passage-title"></h2>
    <button type="button" id="passage-close">Close</button>
  </div>
  <p id="passage-place" class="note"></p>
  <p class="passage-text" tabindex="0" role="group" aria-label="Passage, with what is around it" dir="auto"><span id="passage-before"></span><mark id="passage-text"></mark><span id="passage-after"></span></p>
  <div class="row-buttons">
    <button type="button" id="passage-back">Passage before</button>
    <button type="button" id="passage-on">Passage after</button>
  </div>
</dialog>
`;
