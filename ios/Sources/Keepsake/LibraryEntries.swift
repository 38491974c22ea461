/// The library as it is shown, newest first.
public struct LibraryEntries: AsyncSequence, Sendable {
    public typealias Element = Entry

    private let page: @Sendable (Position?) async throws -> Page

    init(page: @escaping @Sendable (Position?) async throws -> Page) { self.page = page }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(page: page) }

    /// Reads a page when the one before is used up.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let page: @Sendable (Position?) async throws -> Page
        private var entries: ArraySlice<Entry> = []
        private var below: Position?
        private var hasReadAll = false

        fileprivate init(page: @escaping @Sendable (Position?) async throws -> Page) {
            self.page = page
        }

        public mutating func next() async throws -> Entry? {
            while entries.isEmpty {
                if hasReadAll { return nil }
                try Task.checkCancellation()
                let page = try await page(below)
                entries = page.entries[...]
                below = page.next
                hasReadAll = page.next == nil
            }
            return entries.removeFirst()
        }
    }
}
