/** The server puts uPlot's module beside those of the page; its types come with the package. */
export { default } from 'uplot'
