%% What LilyPond draws is tagged in its SVG: the name of the grob, the line of the source that
%% caused it, when it happens, on which staff and in which system. Included before the score.

#(define (tag-line grob)
   (let* ((event (event-cause grob))
          (origin (and event (ly:event-property event 'origin))))
     (and (ly:input-location? origin)
          (number->string (cadr (ly:input-file-line-char-column origin))))))

#(define (tag-moment when)
   (and (ly:moment? when)
        (number->string (ly:moment-main when))))

#(define (tag-staff grob)
   (let ((staff (if (eq? (grob::name grob) 'StaffSymbol)
                    grob
                    (ly:grob-object grob 'staff-symbol #f))))
     (and (ly:grob? staff)
          (assq-ref (ly:grob-property staff 'details '()) 'staff))))

#(define (tag-system grob)
   (let ((system (ly:grob-system grob)))
     (and (ly:grob? system)
          (tag-moment (grob::when (ly:spanner-bound system LEFT))))))

#(define (tag-break grob)
   (and (ly:item? grob)
        (number->string (ly:item-break-dir grob))))

#(define (tag-direction grob)
   (let ((direction (and (memq (grob::name grob) '(Script MultiMeasureRestScript ClefModifier))
                         (ly:grob-property grob 'direction #f))))
     (and (number? direction) (number->string direction))))

#(define (tag-attributes grob)
   (filter cdr
     (list (cons 'class (symbol->string (grob::name grob)))
           (cons 'data-line (tag-line grob))
           (cons 'data-when (tag-moment (grob::when grob)))
           (cons 'data-staff (let ((staff (tag-staff grob))) (and staff (number->string staff))))
           (cons 'data-system (tag-system grob))
           (cons 'data-break (tag-break grob))
           (cons 'data-bar (and (memq (grob::name grob) '(BarLine SpanBar))
                                (let ((bar (ly:grob-property grob 'glyph-name #f)))
                                  (and (string? bar) bar))))
           (cons 'data-direction (tag-direction grob)))))

\layout {
  \context {
    \Global
    \grobdescriptions
      #(map (lambda (description)
              (cons (car description)
                    (acons 'output-attributes tag-attributes (cdr description))))
            all-grob-descriptions)
  }
}

%% A markup whose drawing is named.
#(define-markup-command (as layout props name arg) (string? markup?)
   (let ((drawn (interpret-markup layout props arg)))
     (ly:make-stencil
       (list 'output-attributes (list (cons 'data-as name)) (ly:stencil-expr drawn))
       (ly:stencil-extent drawn X)
       (ly:stencil-extent drawn Y))))

%% The name of each glyph goes on its path. LilyPond's own way searches the whole font, of half a
%% megabyte, for every glyph that it writes; here each font is read once.
#(let* ((writer (resolve-module '(lily output-svg)))
        (fonts (make-hash-table))
        (svg-defs (module-ref writer 'svg-defs))
        (extract-glyph (module-ref writer 'extract-glyph))
        (extract-glyph-info (module-ref writer 'extract-glyph-info))
        (cached-file-contents (module-ref writer 'cached-file-contents)))
   (define (read-font font)
     (let ((table (make-hash-table))
           (text (svg-defs (cached-file-contents font))))
       (let loop ((position 0))
         (let ((start (string-contains text "<glyph " position)))
           (if start
               (let* ((end (+ 2 (string-contains text "/>" start)))
                      (element (substring text start end))
                      (name (string-contains element "glyph-name=\"")))
                 (if name
                     (let* ((first (+ name 12))
                            (last (string-index element #\" first)))
                       (hash-set! table (substring element first last) element)))
                 (loop end)))))
       table))
   (define (glyphs-of font)
     (or (hash-ref fonts font)
         (let ((table (read-font font)))
           (hash-set! fonts font table)
           table)))
   (module-define! writer 'cache-font
     (lambda (font size glyph)
       (let* ((name (if (list? glyph) (car (reverse glyph)) glyph))
              (element (hash-ref (glyphs-of font) name))
              (drawn (cond ((not element) "")
                           ((list? glyph) (extract-glyph-info element glyph size))
                           (else (extract-glyph element glyph size)))))
         (cond
           ((not (string-prefix? "<path" drawn)) drawn)
           ;; A rest off the staff with a ledger line of its own: the rest, and then both.
           ((and (string-prefix? "rests." name) (string-suffix? "o" name) (string? glyph))
            (let ((plain (string-drop-right name 1)))
              (string-append
                "<path data-glyph=\"" plain "\""
                (substring (extract-glyph (hash-ref (glyphs-of font) plain) plain size) 5)
                "<path data-glyph=\"" name "\"" (substring drawn 5))))
           (else (string-append "<path data-glyph=\"" name "\"" (substring drawn 5))))))))
