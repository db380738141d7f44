-- Pandoc writes a picture's caption as its alternative text into docx and the like, where Quarto has none by then.
function Image(image)
  local text = image.attributes["fig-alt"] or image.attributes.alt
  if FORMAT:match("html") or FORMAT:match("typst") or not text or #image.caption > 0 then return nil end
  image.caption = { pandoc.Str(text) }
  return image
end
