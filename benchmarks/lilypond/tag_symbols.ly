%% Write into LilyPond's SVG what each thing drawn is. For the benchmark of the paper's method.
%%
%%     lilypond --svg -dinclude-settings=tag_symbols.ly score.ly
%%
%% A grob becomes <g class="NoteHead">, by the property output-attributes that LilyPond has for
%% this; a glyph of the music font becomes <path data-glyph="noteheads.s2">. The second is needed
%% beside the first because grobs such as a key signature hold several symbols. The layout and the
%% picture stay as they are. After Tuggener et al., "DeepScores" (2018), who changed LilyPond's SVG
%% writer to the same end; LilyPond 2.25.

#(define (named description)
   (let ((properties (cdr description)))
     (if (assq 'output-attributes properties)
         description
         (cons (car description)
               (acons 'output-attributes
                      (lambda (grob) (list (cons 'class (grob::name grob))))
                      properties)))))

\layout {
  \context {
    \Global
    \grobdescriptions #(map named all-grob-descriptions)
  }
}

#(let* ((writer (resolve-module '(lily output-svg)))
        (draw-glyph (module-ref writer 'cache-font)))
   (module-set!
    writer 'cache-font
    (lambda (font size glyph)
      (let ((path (draw-glyph font size glyph))
            ;; In a string of glyphs each comes with its extent and offset, the name last.
            (name (if (list? glyph) (last glyph) glyph)))
        (if (string-prefix? "<path" path)
            (string-append "<path data-glyph=\"" name "\"" (string-drop path 5))
            path)))))
