package ops

// Text is what people, models and search engines read of an operation. Brazilian Portuguese
// comes first everywhere; the English half says the same, it is not a summary.
//
// The descriptions name the other operations that are often meant instead ("use sga_..."):
// models choose better with the contrast. The search index leaves such sentences out, or the
// words of the neighbour would attract its questions (see NewFinder).
type Text struct {
	// Title and TitleEN are at most 60 characters, a verb first, as a button would say it.
	Title, TitleEN string
	// Description and DescriptionEN are one to four sentences: what it does, when to use it,
	// and what to use instead.
	Description, DescriptionEN string
	// Keywords are words and short phrases of both languages that people use for it.
	Keywords []string
	// Questions are examples of what a person would ask or order, in both languages.
	// They never repeat a question of an evaluation set; a test watches over that.
	Questions []string
}
