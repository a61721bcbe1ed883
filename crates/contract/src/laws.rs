//! The laws, a module for each suite. What is not in the list below is dead code.

pub(crate) mod backup;
pub(crate) mod batches;
pub(crate) mod changes;
pub(crate) mod concurrency;
pub(crate) mod contents;
pub(crate) mod cycles;
pub(crate) mod durability;
pub(crate) mod erasing;
pub(crate) mod errors;
pub(crate) mod history;
pub(crate) mod history_at_once;
pub(crate) mod history_pages;
pub(crate) mod hits;
pub(crate) mod inspection;
pub(crate) mod lists;
pub(crate) mod memories;
pub(crate) mod pages;
pub(crate) mod paths;
pub(crate) mod quarantine;
pub(crate) mod random_walk;
pub(crate) mod reinforcement;
pub(crate) mod relationship_contexts;
pub(crate) mod relationships;
pub(crate) mod replica;
pub(crate) mod round_trips;
pub(crate) mod search;
pub(crate) mod sql_access;
pub(crate) mod statistics;
pub(crate) mod time;
pub(crate) mod versions;
pub(crate) mod walks;
pub(crate) mod words;

/// Gives the list of all laws to the macro `$then`.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_each_law {
    ($then:ident($($args:tt)*)) => {
        $crate::$then! { ($($args)*)
            memories {
                every_field_survives,
                what_was_not_said_stays_unsaid,
                nothing_and_empty_stay_apart,
                every_type_survives,
                the_longest_texts_survive,
                texts_of_any_kind_survive,
                ids_of_any_kind_survive,
                ids_are_compared_to_the_letter,
                the_largest_counts_survive,
                scores_survive_bit_for_bit,
                times_survive_to_the_microsecond,
                metadata_survives,
                every_field_of_a_context_survives,
                an_unknown_memory_is_left_out,
                memories_come_in_the_order_of_the_ids,
                thousands_of_ids_are_one_question,
                putting_again_replaces_every_field,
                putting_again_keeps_the_relationships,
                removing_a_memory_removes_its_relationships,
                removing_what_is_not_there_succeeds,
                a_removed_memory_can_be_put_again,
                touching_counts_uses_and_nothing_else,
                touching_stops_at_the_largest_count,
                a_late_touch_does_not_move_the_last_use_back,
                touching_what_is_not_there_makes_nothing,
                what_took_its_place_need_not_be_there,
            }
            relationships {
                every_field_survives,
                every_type_survives,
                extremes_survive,
                ids_of_any_kind_survive,
                both_ends_must_be_there,
                a_memory_is_not_related_to_itself,
                putting_again_replaces_every_field,
                putting_the_same_again_does_not_reinforce,
                a_removed_relationship_is_gone,
                removing_what_is_not_there_succeeds,
                an_invalidated_relationship_says_how_it_ended,
                a_relationship_ends_once,
                a_relationship_cannot_end_before_it_began,
                what_an_invalidation_names_must_be_there,
                what_a_put_relationship_was_invalidated_by_must_be_there,
                what_moved_away_from_a_removed_memory_stays,
                what_a_removed_relationship_had_invalidated_stays_ended,
                relationships_are_found_from_their_ends,
                relationships_are_found_by_id_and_type,
            }
            reinforcement {
                a_second_statement_joins_the_first,
                only_symmetric_statements_join_in_reverse,
                another_type_is_another_statement,
                what_has_ended_does_not_join,
                after_an_invalidation_the_same_is_stated_anew,
                statements_join_within_a_batch,
                a_removed_statement_is_not_joined,
                a_changed_relationship_joins_what_it_now_states,
                evidence_stops_at_the_largest_count,
            }
            cycles {
                a_cycle_is_refused_and_told,
                a_long_cycle_is_refused,
                a_cycle_within_a_batch_is_refused,
                a_changed_relationship_may_not_close_a_cycle,
                other_types_may_form_cycles,
                several_types_form_no_cycle,
                a_diamond_is_no_cycle,
                a_batch_may_allow_cycles,
                what_has_ended_closes_no_cycle,
                only_what_a_batch_leaves_counts,
            }
            batches {
                an_empty_batch_does_nothing,
                a_failed_batch_leaves_no_trace,
                an_invalid_value_spoils_the_batch,
                a_batch_relates_the_memories_that_it_puts,
                what_is_related_before_it_is_put_is_not_there,
                what_is_related_after_it_was_removed_is_not_there,
                put_and_removed_was_never_there,
                removed_and_put_again_is_new,
                the_last_of_one_id_stays,
                changes_happen_in_their_order,
                relationships_change_in_order,
                a_receipt_counts_the_difference,
                a_batch_of_thousands_is_one,
                a_batch_sent_again_changes_nothing_more,
            }
            versions {
                absent_holds_where_nothing_is,
                absent_fails_where_a_memory_is,
                present_holds_where_a_memory_is,
                a_version_holds_where_it_is_the_same,
                a_version_fails_where_it_is_another,
                recorded_at_holds_where_it_is_the_same,
                expectations_are_about_the_state_before,
                one_broken_expectation_is_enough,
                of_two_writers_one_wins,
            }
            lists {
                each_sort_has_its_order,
                equal_memories_are_listed_by_their_ids,
                times_sort_as_moments,
                scores_sort_as_numbers,
                a_list_gives_whole_memories,
                an_empty_filter_admits_what_has_no_end,
                types_are_filtered,
                tags_are_filtered_in_any_case,
                projects_are_filtered_exactly,
                scores_are_filtered_from_their_least,
                times_are_filtered_to_the_microsecond,
                filters_hold_in_pairs,
            }
            contents {
                a_content_is_found_exactly,
                contents_are_compared_to_the_letter,
                any_of_several_contents_is_found,
                equal_lengths_and_ends_are_told_apart,
                the_longest_contents_are_told_apart,
                contents_go_with_other_filters,
                memories_of_a_content_come_in_pages,
                a_content_follows_every_change,
                what_sql_says_is_found_by_its_content,
            }
            relationship_contexts {
                every_word_is_wanted,
                case_and_accents_make_no_difference,
                parts_of_names_and_scripts_are_found,
                stop_words_count_only_alone,
                a_text_without_a_word_asks_for_nothing,
                no_text_makes_the_question_fail,
                a_word_deep_in_a_context_is_found,
                ended_ones_answer_as_of_their_time,
                contexts_go_with_other_questions,
                pages_are_full_where_most_do_not_match,
                a_context_follows_every_change,
            }
            pages {
                pages_together_are_the_list,
                pages_together_are_the_relationships,
                the_last_page_names_no_next,
                pages_may_change_their_size,
                a_cursor_is_text,
                a_foreign_cursor_is_refused,
                a_made_up_cursor_is_refused,
                a_page_has_a_largest_size,
                puts_between_pages_do_not_disturb,
                a_page_goes_on_after_what_was_removed,
            }
            walks {
                a_walk_has_a_direction,
                symmetric_relationships_have_no_direction,
                a_walk_keeps_to_its_types,
                a_walk_ends_at_its_depth,
                a_walk_has_an_order,
                a_diamond_tells_the_strongest_way,
                a_memory_has_its_least_depth,
                a_walk_around_a_cycle_ends,
                a_walk_may_have_several_beginnings,
                a_walk_from_nowhere_reaches_nothing,
                an_unknown_beginning_is_not_found,
                a_walk_ends_at_its_limit,
                a_hub_is_walked_through,
                depth_and_limit_have_a_range,
                ended_relationships_are_not_followed,
                a_walk_goes_back_in_time,
                ended_memories_are_reached,
                a_step_carries_everything,
            }
            paths {
                a_path_carries_everything,
                the_path_to_itself_is_empty,
                there_is_no_path_where_nothing_leads,
                the_shortest_path_is_found,
                equal_paths_are_decided_as_in_a_walk,
                a_path_has_a_direction,
                a_path_keeps_to_its_types,
                a_path_ends_at_its_depth,
                the_depth_has_a_range,
                unknown_ends_are_not_found,
                a_path_goes_back_in_time,
                a_path_leads_through_a_hub,
            }
            time {
                the_latest_state_needs_no_clock,
                a_memory_holds_until_just_before_its_end,
                a_relationship_holds_until_just_before_its_end,
                moments_are_told_apart_to_the_microsecond,
                what_ends_when_it_begins_never_held,
                an_invalidation_does_not_change_the_past,
                when_it_held_is_not_when_it_was_learned,
                an_id_finds_what_has_ended,
                an_end_can_be_taken_back,
            }
            words {
                case_makes_no_difference,
                accents_make_no_difference,
                other_scripts_are_found_by_word,
                parts_are_found_where_words_have_no_spaces,
                emoji_are_found,
                camel_case_is_found_whole_and_in_parts,
                names_are_found_whole_and_in_parts,
                words_are_found_in_other_forms,
                languages_with_signs_are_told_apart,
                an_apostrophe_hides_no_word,
            }
            search {
                every_text_is_searched,
                only_texts_are_searched,
                strict_wants_every_word,
                normal_wants_any_word,
                fuzzy_forgives_a_slip,
                stop_words_count_only_alone,
                order_makes_no_difference,
                a_text_without_a_word_finds_nothing,
                there_is_no_syntax,
                no_text_makes_a_search_fail,
                the_longest_text_is_a_question,
                a_changed_memory_is_found_by_its_new_text,
                a_removed_memory_is_not_found,
                uses_and_relationships_leave_searches_alone,
                a_batch_is_found_as_it_was_left,
                a_word_deep_in_a_long_content_is_found,
                known_items_are_found,
            }
            hits {
                a_title_outranks_a_content,
                a_rare_word_outranks_a_common_one,
                more_words_outrank_fewer,
                often_and_short_outrank_once_and_long,
                equal_hits_come_by_id,
                scores_descend,
                a_hit_says_where_and_by_which_words,
                filters_apply_inside_a_search,
                every_filter_applies,
                pages_together_are_the_hits,
                a_search_ends_after_its_depth,
                a_common_word_opens_only_alone,
                what_has_ended_is_not_found,
            }
            statistics {
                an_empty_graph_has_nothing_to_count,
                memories_are_counted,
                relationships_are_counted,
                the_count_follows_every_change,
                every_type_is_counted,
                health_says_how_much_is_kept,
                health_finds_no_damage_where_there_is_none,
            }
            changes {
                changes_come_by_moment,
                a_change_carries_everything,
                the_moment_itself_belongs_to_it,
                what_was_removed_leaves_no_trace,
                a_use_is_no_change,
                a_change_moves_to_its_moment,
                pages_together_are_the_changes,
                who_asks_on_misses_nothing,
            }
            history {
                what_is_new_has_one_state,
                a_change_adds_the_state_before_it,
                a_state_carries_everything,
                every_field_of_a_memory_makes_a_state,
                a_use_is_no_change,
                putting_the_same_again_adds_no_state,
                a_state_may_come_back,
                a_batch_makes_one_state,
                what_was_removed_keeps_its_states,
                what_is_put_again_goes_on,
                a_refused_batch_adds_no_state,
                what_was_never_there_has_no_history,
                a_relationship_keeps_every_state,
                what_joins_another_leaves_its_state,
                losing_what_took_its_place_is_no_change,
                neighbours_keep_their_states,
                histories_are_there_after_reopening,
                histories_show_nowhere_else,
            }
            history_pages {
                pages_together_are_the_history,
                a_change_between_pages_does_not_disturb,
                a_foreign_page_of_a_history_is_refused,
            }
            history_at_once {
                changes_at_once_leave_all_states,
                changes_without_expectations_leave_all_states,
                removals_and_refusals_at_once_leave_the_right_states,
                statements_at_once_leave_all_states,
            }
            erasing {
                erasing_removes_every_trace,
                what_was_removed_can_be_erased,
                erasing_what_is_not_there_changes_nothing,
                erasing_twice_counts_once,
                both_ends_are_erased_at_once,
                an_erased_id_begins_anew,
                erased_and_put_again_begins_anew,
                put_and_erased_leaves_no_trace,
                a_refused_batch_erases_nothing,
                what_moved_away_forgets_the_erased,
                what_the_erased_had_invalidated_stays_ended,
                what_was_erased_is_not_found,
                erasing_at_once_with_others_counts_its_own,
                what_was_erased_does_not_come_back,
            }
            quarantine {
                every_field_survives,
                the_longest_records_survive,
                putting_again_replaces_every_field,
                ids_are_compared_to_the_letter,
                a_released_record_is_gone,
                records_change_in_order,
                pages_together_are_the_quarantine,
                a_page_goes_on_after_what_was_released,
                an_invalid_record_is_refused,
                a_refused_batch_keeps_no_record,
                quarantine_shows_nowhere_else,
                removing_a_memory_keeps_its_records,
                records_are_there_after_reopening,
            }
            inspection {
                a_sound_store_has_no_findings,
                random_batches_make_no_trouble,
                what_is_allowed_is_no_trouble,
                repairing_a_sound_store_changes_nothing,
                what_is_unreadable_is_kept_aside,
                indexes_out_of_step_are_mended,
            }
            backup {
                a_backend_backs_up_when_it_says_so,
                an_empty_store_is_backed_up,
                nothing_is_overwritten,
                a_failed_backup_leaves_nothing,
                a_backup_is_one_state_among_writes,
            }
            errors {
                each_limit_of_a_memory_is_kept,
                each_limit_of_a_relationship_is_kept,
                each_time_of_a_batch_is_kept,
                a_search_text_has_a_longest_length,
                the_first_cause_is_told,
                errors_begin_with_what_was_being_done,
                a_store_works_on_after_errors,
                errors_do_not_harm_others,
                errors_name_ids_as_they_are,
            }
            concurrency {
                many_writers_all_succeed,
                no_update_is_lost,
                no_touch_is_lost,
                readers_see_whole_batches,
                who_stops_waiting_leaves_a_whole_batch_or_nothing,
                a_refused_batch_leaves_nothing_among_others,
                who_stops_reading_harms_nobody,
                the_same_statement_at_once_is_one,
                a_cycle_is_not_closed_from_two_sides,
                no_relationship_loses_its_end,
                two_openings_see_each_others_writes,
                two_openings_lose_no_update,
                several_may_open_a_new_store_at_once,
            }
            durability {
                what_was_acknowledged_is_there_after_reopening,
                nobody_has_to_close,
                every_opening_adds_to_the_last,
                searches_find_after_reopening,
                versions_are_checked_after_reopening,
                a_cursor_goes_on_after_reopening,
                preparing_the_schema_again_changes_nothing,
                closing_again_changes_nothing,
                after_closing_every_call_says_so,
                closing_during_work_keeps_whole_batches,
                thousands_are_there_after_reopening,
            }
            round_trips {
                puts_do_not_grow_with_the_batch,
                cycle_checks_do_not_grow_with_the_batch,
                joins_do_not_grow_with_the_batch,
                other_changes_do_not_grow_with_the_batch,
                expectations_do_not_grow_with_the_batch,
                reads_do_not_grow_with_the_ids,
                lists_do_not_grow_with_the_page,
                searches_do_not_grow_with_the_page,
                walks_do_not_grow_with_the_neighbours,
                pasts_do_not_grow_with_the_page,
                questions_do_not_grow_with_what_they_name,
            }
            replica {
                a_backend_syncs_when_it_says_so,
                a_sync_succeeds_and_is_counted,
                a_sync_brings_what_others_wrote,
                an_outdated_replica_hears_of_the_present_version,
                a_closed_replica_does_not_sync,
            }
            sql_access {
                a_backend_speaks_sql_when_it_says_so,
                rows_are_maps_in_column_order,
                parameters_are_positional_or_named,
                a_value_is_data,
                an_inserted_memory_is_searched_at_once,
                a_title_or_a_content_is_enough,
                a_document_may_have_other_forms,
                what_sql_changes_is_changed,
                read_access_cannot_write,
                wrong_sql_is_refused,
                several_statements_are_refused,
                parameters_have_to_fit,
                a_returning_write_commits,
                what_was_closed_speaks_no_sql,
            }
            random_walk {
                random_batches_are_answered_alike,
                reopening_changes_no_answer,
            }
        }
    };
}
