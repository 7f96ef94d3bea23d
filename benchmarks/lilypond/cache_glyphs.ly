%% Let LilyPond's SVG writer find a glyph without searching the font.
%%
%%     lilypond --svg -dinclude-settings=tag_symbols.ly -dinclude-settings=cache_glyphs.ly score.ly
%%
%% In this order: the settings named last are read first, and the tags go around what draws.
%% As shipped, the writer runs a regular expression over the whole font, some 600 kB of text, for
%% every glyph that it draws. A comment in its source (scm/lily/output-svg.scm, LilyPond 2.25) asks
%% for a hash table; this is one. The writer gets a font of the one glyph to search, so the SVG is
%% the same to the byte.

#(let* ((writer (resolve-module '(lily output-svg)))
        (search-font (module-ref writer 'cache-font))
        (draw-plain (module-ref writer 'extract-glyph))
        (draw-placed (module-ref writer 'extract-glyph-info))
        (contents (module-ref writer 'cached-file-contents))
        (key "glyph-name=\"")
        (fonts (make-hash-table)))

   (define (name-of element)
     (let ((at (string-contains element key)))
       (and at
            (let ((start (+ at (string-length key))))
              (substring element start (string-index element #\" start))))))

   (define (read-glyphs font)
     (let ((glyphs (make-hash-table)))
       (for-each
        (lambda (element)
          (let ((name (name-of element)))
            (if name (hash-set! glyphs name (string-append element ">")))))
        (string-split (contents font) #\>))
       glyphs))

   (define (glyphs-of font)
     (or (hash-ref fonts font)
         (hash-set! fonts font (read-glyphs font))))

   (module-set!
    writer 'cache-font
    (lambda (font size glyph)
      (let ((element (hash-ref (glyphs-of font) (if (list? glyph) (last glyph) glyph))))
        (cond ((not element) (search-font font size glyph))
              ((list? glyph) (draw-placed element glyph size))
              (else (draw-plain element glyph size)))))))
