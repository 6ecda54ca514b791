"""Contains all the data models used in inputs/outputs"""

from .body_change_photos import BodyChangePhotos
from .changed_products import ChangedProducts
from .duplicate_group import DuplicateGroup
from .duplicate_group_state import DuplicateGroupState
from .duplicate_groups import DuplicateGroups
from .duplicate_groups_rule_type_0 import DuplicateGroupsRuleType0
from .duplicates_show import DuplicatesShow
from .error import Error
from .facet import Facet
from .facet_count import FacetCount
from .feedback_feedback import FeedbackFeedback
from .feedback_taken import FeedbackTaken
from .grouped_photo import GroupedPhoto
from .hit import Hit
from .hit_level import HitLevel
from .hit_product_type_0 import HitProductType0
from .hit_ranking_type_0 import HitRankingType0
from .photo import Photo
from .photo_changes import PhotoChanges
from .product import Product
from .product_changes import ProductChanges
from .product_columns import ProductColumns
from .product_content import ProductContent
from .product_content_columns import ProductContentColumns
from .search_by_id_by import SearchByIdBy
from .search_by_id_ranking import SearchByIdRanking
from .search_by_photo_by import SearchByPhotoBy
from .search_by_photo_files_body import SearchByPhotoFilesBody
from .search_by_photo_files_body_by import SearchByPhotoFilesBodyBy
from .search_by_photo_files_body_ranking import SearchByPhotoFilesBodyRanking
from .search_by_photo_ranking import SearchByPhotoRanking
from .search_by_product_by import SearchByProductBy
from .search_by_product_ranking import SearchByProductRanking
from .search_result import SearchResult
from .search_result_ranking import SearchResultRanking
from .written_photo import WrittenPhoto
from .written_photo_change import WrittenPhotoChange

__all__ = (
    "BodyChangePhotos",
    "ChangedProducts",
    "DuplicateGroup",
    "DuplicateGroups",
    "DuplicateGroupsRuleType0",
    "DuplicateGroupState",
    "DuplicatesShow",
    "Error",
    "Facet",
    "FacetCount",
    "FeedbackFeedback",
    "FeedbackTaken",
    "GroupedPhoto",
    "Hit",
    "HitLevel",
    "HitProductType0",
    "HitRankingType0",
    "Photo",
    "PhotoChanges",
    "Product",
    "ProductChanges",
    "ProductColumns",
    "ProductContent",
    "ProductContentColumns",
    "SearchByIdBy",
    "SearchByIdRanking",
    "SearchByPhotoBy",
    "SearchByPhotoFilesBody",
    "SearchByPhotoFilesBodyBy",
    "SearchByPhotoFilesBodyRanking",
    "SearchByPhotoRanking",
    "SearchByProductBy",
    "SearchByProductRanking",
    "SearchResult",
    "SearchResultRanking",
    "WrittenPhoto",
    "WrittenPhotoChange",
)
